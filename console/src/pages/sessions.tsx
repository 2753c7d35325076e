import { PageTitle } from '../shell/page-title.js';

export default function SessionsPage() {
  return <PageTitle title="Sessions" />;
}
