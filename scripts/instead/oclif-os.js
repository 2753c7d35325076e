// Stands in the bundle for @oclif/core/lib/util/os.js, which asks the system for the user's directory and shell. A user without
// an entry in the system's list (a container's) has neither, and no command needs them: settings/home-directory.ts finds the home.
export const getHomeDir = () => '/';
export const getPlatform = async () => process.platform;
export const getShell = async () => 'unknown';
