import type { NewProvisioningKey } from '../../api/types.js';
import { Code } from '../../kit/command-hint.js';
import { SecretPanel } from '../../kit/secret-panel.js';
import { exactly } from '../../kit/time.js';
import { QrCode } from './qr-code.js';
import { Redeemed } from './redeemed.js';

/** A provisioning key that was just made, once: as a text, as a QR code, and in the command line for the device. */
export function MadeProvisioningKey({
  made: { id, key, expiresAt },
  onSaved,
}: {
  made: NewProvisioningKey;
  onSaved: () => void;
}) {
  return (
    <SecretPanel
      title="The provisioning key"
      secrets={[{ name: 'Provisioning key', text: key, file: `${id}.key` }]}
      onSaved={onSaved}
    >
      {(saved) => (
        <>
          <p>{expiresAt === null ? 'It never ends.' : `It ends ${exactly(expiresAt)}.`}</p>
          <QrCode text={key} title="The provisioning key as a QR code" />
          <h3>On the device</h3>
          <Code text={commandOf(key)} what="the command for the device" onCopied={saved} />
          <Redeemed keyId={id} />
        </>
      )}
    </SecretPanel>
  );
}

function commandOf(key: string): string {
  const { origin, protocol, hostname } = location;
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  const trust = protocol === 'https:' ? ' --ca server_cert.pem' : isHere ? '' : ' --insecure-http';
  return `printf %s '${key}' | keywright provision agent --url ${origin}${trust} \\\n  --key-file - --name gateway-01 --output ./gateway-01`;
}
