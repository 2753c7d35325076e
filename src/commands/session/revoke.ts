import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { revokeSession } from '../../core/manage/sessions.js';

export default class SessionRevoke extends BaseCommand {
  static override aliases = ['session:rm', 'session:del'];
  static override summary = 'End a session: its tokens stop working at once.';
  static override examples = ['<%= config.bin %> session revoke 6d0e8a1c94b14d0f9d1b0a5be6f8c2d7'];
  static override args = {
    id: Args.string({ required: true, ignoreStdin: true, description: "the session's id" }),
  };

  async run() {
    const { args, flags } = await this.parse(SessionRevoke);
    await revokeSession(await this.openHome(flags.home), args.id);
    this.log(`Ended session ${args.id}`);
    return { id: args.id, revoked: true };
  }
}
