import { BaseCommand } from '../../cli/base-command.js';
import { fields } from '../../cli/table.js';
import { licenceView } from '../../core/manage/server-views.js';

const RESTRICTED = 5;

export default class LicenseShow extends BaseCommand {
  static override summary = 'Show how many clients the licence allows, and until when.';
  static override description =
    `The licence is read from LICENSE_PUBLIC_KEY and LICENSE_KEY in this command's environment. Under a licence that is
restricted, existing clients work and new ones are refused; the command then exits with 5.`;
  static override examples = ['<%= config.bin %> license show', '<%= config.bin %> license show --json'];

  async run() {
    const { flags } = await this.parse(LicenseShow);
    const home = await this.openHome(flags.home);
    const view = licenceView(await home.licence.status());
    const { state, reason, deviceLimit, used, features, expiresAt } = view;
    this.log(
      fields([
        ['licence', state],
        ...(reason === null ? [] : [['reason', reason] as const]),
        ['clients', deviceLimit === null ? `${used}` : `${used} of ${deviceLimit}`],
        ['features', features.join(' ') || '-'],
        ['expires', expiresAt ?? '-'],
      ]),
    );
    if (state === 'restricted') process.exitCode = RESTRICTED;
    return view;
  }
}
