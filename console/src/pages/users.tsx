import { PageTitle } from '../shell/page-title.js';

export default function UsersPage() {
  return <PageTitle title="Users" />;
}
