import { PageTitle } from '../shell/page-title.js';

export default function KeyPage() {
  return <PageTitle title="Key" />;
}
