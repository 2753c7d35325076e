import { useQuery } from '@tanstack/preact-query';
import { call } from '../../api/call.js';
import type { IssuedApiKey, RotatedApiKey } from '../../api/types.js';
import { Code } from '../../kit/command-hint.js';
import { SecretPanel } from '../../kit/secret-panel.js';
import { Tabs } from '../../kit/tabs.js';
import { exactly } from '../../kit/time.js';
import { addressesOf } from '../clients/addresses.js';

/** An API key that was just made, once, with the lines that use it. */
export function IssuedToken({
  made,
  onSaved,
}: {
  made: IssuedApiKey & Partial<Pick<RotatedApiKey, 'replaced'>>;
  onSaved: () => void;
}) {
  const { clientId, clientSecret, apiKey, wrapped, expiresAt, replaced } = made;
  const { data: server } = useQuery({
    queryKey: ['server'],
    queryFn: () => call('get', '/api/v1/server'),
  });
  const { http, mqttHost, mqttPort } = addressesOf(server);
  const lines: readonly (readonly [name: string, text: string])[] = [
    ['curl', `export API_KEY='${apiKey}'\ncurl -i -H "X-API-Key: $API_KEY" ${http}/`],
    [
      'mosquitto_pub',
      `export API_KEY='${apiKey}'\nmosquitto_pub -h ${mqttHost} -p ${mqttPort} -u device -P "$API_KEY" \\\n  -t db/write/EXAMPLE -m hello`,
    ],
    [
      'Python',
      `import urllib.request\nrequest = urllib.request.Request("${http}/", headers={"X-API-Key": "${apiKey}"})\nprint(urllib.request.urlopen(request).status)`,
    ],
    [
      'Node',
      `const { status } = await fetch('${http}/', {\n  headers: { 'X-API-Key': '${apiKey}' },\n});\nconsole.log(status);`,
    ],
  ];
  return (
    <SecretPanel
      title="The API key"
      secrets={[
        { name: 'Client ID', text: clientId, secret: false },
        { name: 'Client Secret', text: clientSecret },
        { name: 'API Key', text: apiKey, file: `${clientId}_apikey` },
        { name: 'API Key for the Authorization header', text: wrapped },
      ]}
      onSaved={onSaved}
    >
      {(saved) => (
        <>
          <p>
            {expiresAt === null ? 'It never ends.' : `It ends ${exactly(expiresAt)}.`}
            {replaced?.expiresAt && ` The former key holds until ${exactly(replaced.expiresAt)}.`}
          </p>
          <h3>Use it</h3>
          <Tabs
            label="Use it with"
            tabs={lines.map(([name, text]) => ({
              name,
              content: <Code text={text} what={`the ${name} lines`} onCopied={saved} />,
            }))}
          />
        </>
      )}
    </SecretPanel>
  );
}
