import { userView } from '../core/manage/views.js';
import type { User } from '../core/model/user.js';
import type { BaseCommand } from './base-command.js';
import { fields } from './table.js';

/** Prints the details of a user. */
export function printUser(command: BaseCommand, user: User) {
  const view = userView(user);
  const { id, email, groups, domains, role, scopes, status, createdAt } = view;
  command.log(
    fields([
      ['user', id],
      ['e-mail', email ?? '-'],
      ['role', role],
      ['scopes', scopes.join(' ') || '-'],
      ['groups', groups.join(' ') || '-'],
      ['domains', domains.join(' ') || '-'],
      ['status', status],
      ['created', createdAt],
    ]),
  );
  return view;
}
