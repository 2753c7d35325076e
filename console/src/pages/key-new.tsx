import { PageTitle } from '../shell/page-title.js';

export default function GeneratePage() {
  return <PageTitle title="Generate a key" />;
}
