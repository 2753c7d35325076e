import { PageTitle } from '../shell/page-title.js';

export default function KeysPage() {
  return <PageTitle title="Keys" />;
}
