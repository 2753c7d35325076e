// Stands in the bundle for what oclif has for programs of another kind: keywright's commands are listed, and it has no plugins.
module.exports = {};
