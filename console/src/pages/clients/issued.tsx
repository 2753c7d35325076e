import { useQuery } from '@tanstack/preact-query';
import { call } from '../../api/call.js';
import type { IssuedClient } from '../../api/types.js';
import { Code } from '../../kit/command-hint.js';
import { type Secret, SecretPanel } from '../../kit/secret-panel.js';
import { Tabs } from '../../kit/tabs.js';
import { exactly } from '../../kit/time.js';
import type { Entry } from '../../kit/zip.js';
import { addressesOf } from './addresses.js';

/** The files of a client that was just made, once: as one archive or one by one, named as `key gen` names them, and the commands that use them. */
export function Issued({ issued, onSaved }: { issued: IssuedClient; onSaved: () => void }) {
  const { id, certificate, privateKey, token, authority, mqttPassword, expiresAt, replaced } = issued;
  const { data: server } = useQuery({
    queryKey: ['server'],
    queryFn: () => call('get', '/api/v1/server'),
  });
  const { http, mqttHost, mqttPort } = addressesOf(server);
  const files: (Secret & { file: string; mode: number })[] = [
    { name: 'certificate', file: `${id}_cert.pem`, text: certificate, mode: 0o644, secret: false },
    { name: 'private key', file: `${id}_key.pem`, text: privateKey, mode: 0o600 },
    { name: 'token', file: `${id}_token`, text: token, mode: 0o600 },
    ...(mqttPassword === undefined
      ? []
      : [{ name: 'MQTT password', file: `${id}_mqtt_password`, text: mqttPassword, mode: 0o600 }]),
    { name: 'CA certificate', file: 'server_cert.pem', text: authority, mode: 0o644, secret: false },
  ];
  const entries: Entry[] = files.map(({ file, text, mode }) => ({ name: file, data: text, mode }));
  return (
    <SecretPanel
      title={`The keys of ${id}`}
      secrets={files}
      archive={{ name: `${id}.zip`, entries }}
      onSaved={onSaved}
    >
      {() => (
        <>
          <p>
            {expiresAt === null ? 'They never end.' : `They end ${exactly(expiresAt)}.`}
            {replaced.length > 0 &&
              ` The former certificate holds until ${exactly(replaced[0]?.expiresAt ?? '')}.`}
          </p>
          <h3>Use it</h3>
          <Tabs
            label="Use it with"
            tabs={[
              ['curl', `curl -H "Authorization: Bearer $(cat ${id}_token)" ${http}/`],
              [
                'MQTT, token',
                `mosquitto_pub -h ${mqttHost} -p ${mqttPort} --id ${id} \\\n  --username "$(cat ${id}_token)" -t db/write/EXAMPLE -m hello`,
              ],
              [
                'MQTT, certificate',
                `mosquitto_pub -h ${mqttHost} -p ${mqttPort} --id ${id} \\\n  --cert ${id}_cert.pem --key ${id}_key.pem --cafile server_cert.pem \\\n  -t db/write/EXAMPLE -m hello`,
              ],
              [
                'Python',
                `import urllib.request\nrequest = urllib.request.Request("${http}/")\nrequest.add_header("Authorization", "Bearer " + open("${id}_token").read().strip())\nprint(urllib.request.urlopen(request).status)`,
              ],
              [
                'Node',
                `import { readFileSync } from 'node:fs';\nconst token = readFileSync('${id}_token', 'utf8').trim();\nconst { status } = await fetch('${http}/', {\n  headers: { authorization: \`Bearer \${token}\` },\n});\nconsole.log(status);`,
              ],
            ].map(([name = '', text = '']) => ({
              name,
              content: <Code text={text} what={`the ${name} lines`} />,
            }))}
          />
        </>
      )}
    </SecretPanel>
  );
}
