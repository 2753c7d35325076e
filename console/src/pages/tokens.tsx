import { PageTitle } from '../shell/page-title.js';

export default function TokensPage() {
  return <PageTitle title="Tokens" />;
}
