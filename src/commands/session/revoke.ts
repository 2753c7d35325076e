import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { management } from '../../cli/services.js';
import { endSessions } from '../../core/manage/end-sessions.js';
import { revokeSession } from '../../core/manage/sessions.js';
import { KeywrightError } from '../../core/model/errors.js';

export default class SessionRevoke extends BaseCommand {
  static override aliases = ['session:rm', 'session:del'];
  static override summary = 'End a session, or all of a user: their tokens stop working at once.';
  static override examples = [
    '<%= config.bin %> session revoke 6d0e8a1c94b14d0f9d1b0a5be6f8c2d7',
    '<%= config.bin %> session revoke --owner ann',
  ];
  static override args = { id: Args.string({ ignoreStdin: true, description: "the session's id" }) };
  static override flags = {
    owner: Flags.string({ helpValue: 'USER', description: 'end all sessions of this user' }),
  };

  async run() {
    const { args, flags } = await this.parse(SessionRevoke);
    const { id } = args;
    if ((id === undefined) === (flags.owner === undefined)) {
      throw new KeywrightError('invalid-input', 'session revoke takes the id of a session, or --owner USER', {
        hint: 'list the sessions with: keywright session list',
      });
    }
    const home = await this.openHome(flags.home);
    if (id === undefined) {
      const owner = flags.owner ?? '';
      const ended = await endSessions(management(home), owner);
      this.log(`Ended ${ended} session${ended === 1 ? '' : 's'} of ${owner}`);
      return { owner, ended };
    }
    await revokeSession(home, id);
    this.log(`Ended session ${id}`);
    return { id, revoked: true };
  }
}
