import { PageTitle } from '../shell/page-title.js';

export default function AuditPage() {
  return <PageTitle title="Audit" />;
}
