import { PageTitle } from '../shell/page-title.js';

export default function OverviewPage() {
  return <PageTitle title="Overview" />;
}
