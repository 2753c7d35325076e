import { useState } from 'preact/hooks';
import { call } from '../../api/call.js';
import type { Client, IssuedClient } from '../../api/types.js';
import { Dialog } from '../../kit/dialog.js';
import { Field, onSubmit } from '../../kit/field.js';
import { Failure } from '../../kit/note.js';
import { OVERLAPS } from '../../kit/overlaps.js';
import { useAction } from '../../kit/use-action.js';
import { queries } from '../../session/me.js';
import { AboutClient } from './about-client.js';
import {
  ALGORITHMS,
  type Algorithm,
  AlgorithmField,
  askedValidity,
  CertificateValidity,
  USUAL_VALIDITY,
  useAuthority,
} from './issue-fields.js';

/** Makes a new certificate, key and token. The former ones hold for a while, so that the device can be changed over. */
export function ReissueClient({
  client,
  onClose,
  onIssued,
}: {
  client: Client;
  onClose: () => void;
  onIssued: (issued: IssuedClient) => void;
}) {
  const [validity, setValidity] = useState(USUAL_VALIDITY);
  const [overlap, setOverlap] = useState('24h');
  const [algorithm, setAlgorithm] = useState<Algorithm>(algorithmOf(client));
  const { data: authority } = useAuthority();
  const { start, pending, error } = useAction(() =>
    call('post', '/api/v1/clients/{id}/reissue', {
      id: client.id,
      body: {
        ...{ algorithm, ...askedValidity(validity, authority?.expiresAt ?? undefined) },
        ...(overlap !== '' && { overlap }),
      },
    }),
  );
  return (
    <Dialog title={`Reissue ${client.id}`} onClose={onClose}>
      <form
        noValidate
        onSubmit={onSubmit(async () => {
          const done = await start();
          if (!done) return;
          onClose();
          onIssued(done.result);
          void queries.invalidateQueries({ queryKey: ['clients'] });
        })}
      >
        <AboutClient client={client} />
        <p>It gets a new certificate, private key and token. Its API keys and its MQTT password stay.</p>
        <Field label="The former certificate and token hold">
          {(control) => (
            <select
              {...control}
              data-focus
              value={overlap}
              onChange={({ currentTarget }) => setOverlap(currentTarget.value)}
            >
              {OVERLAPS.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          )}
        </Field>
        <CertificateValidity value={validity} onChange={setValidity} />
        <AlgorithmField value={algorithm} onChange={setAlgorithm} />
        {error !== undefined && <Failure error={error} />}
        <footer>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={pending}>
            {pending ? 'Reissuing…' : 'Reissue'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

/** The algorithm that it has now. */
function algorithmOf({ credentials }: Client): Algorithm {
  const has = credentials.find((each) => each.kind === 'certificate' && each.status === 'valid');
  const name = has?.kind === 'certificate' ? has.algorithm : undefined;
  return ALGORITHMS.find(([each]) => each === name)?.[0] ?? 'ec-p256';
}
