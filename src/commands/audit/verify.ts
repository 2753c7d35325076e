import { BaseCommand } from '../../cli/base-command.js';

export default class AuditVerify extends BaseCommand {
  static override summary = 'Check that no line of the audit log was changed, removed or moved.';
  static override description = 'Otherwise it names the first line that is wrong, and exits with 5.';
  static override examples = ['<%= config.bin %> audit verify'];

  async run() {
    const { flags } = await this.parse(AuditVerify);
    const { audit } = await this.openHome(flags.home);
    const { fault } = await audit.check();
    if (fault === undefined) {
      this.log('the audit log is whole');
      return { whole: true };
    }
    this.log(`line ${fault.line} of the audit log (${fault.file}) ${fault.fault}`);
    process.exitCode = 5;
    return { whole: false, ...fault };
  }
}
