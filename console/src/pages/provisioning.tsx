import { PageTitle } from '../shell/page-title.js';

export default function ProvisioningPage() {
  return <PageTitle title="Provisioning" />;
}
