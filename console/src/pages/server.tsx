import { PageTitle } from '../shell/page-title.js';

export default function ServerPage() {
  return <PageTitle title="Server" />;
}
