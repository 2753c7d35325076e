import { useQuery } from '@tanstack/preact-query';
import { call } from '../../api/call.js';
import { serverNow } from '../../kit/clock.js';
import { Field } from '../../kit/field.js';
import { endOf, type Validity } from '../../kit/validity.js';
import { ValidityField } from '../../kit/validity-field.js';

export const ALGORITHMS = [
  ['ec-p256', 'EC P-256 (usual)'],
  ['ec-p384', 'EC P-384'],
  ['ec-p521', 'EC P-521'],
  ['ed25519', 'Ed25519'],
  ['rsa-2048', 'RSA 2048'],
  ['rsa-3072', 'RSA 3072'],
  ['rsa-4096', 'RSA 4096'],
] as const;
export type Algorithm = (typeof ALGORITHMS)[number][0];
export const USUAL_VALIDITY: Validity = { kind: 'duration', text: '3y' };

export function AlgorithmField({
  value,
  onChange,
}: {
  value: Algorithm;
  onChange: (value: Algorithm) => void;
}) {
  return (
    <Field label="Algorithm" hint="EC P-256 works everywhere. Ed25519 is not for browsers and older devices.">
      {(control) => (
        <select
          {...control}
          value={value}
          onChange={({ currentTarget }) => onChange(currentTarget.value as Algorithm)}
        >
          {ALGORITHMS.map(([name, words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** The CA, whose end no certificate outlives. */
export function useAuthority() {
  return useQuery({ queryKey: ['authority'], queryFn: () => call('get', '/api/v1/authority') });
}

export function CertificateValidity({
  value,
  onChange,
}: {
  value: Validity;
  onChange: (value: Validity) => void;
}) {
  const { data: authority } = useAuthority();
  return (
    <ValidityField
      durations={[
        ['3y', '3 years (usual)'],
        ['1y', '1 year'],
        ['90d', '90 days'],
        ['30d', '30 days'],
        ['24h', '24 hours'],
        ['10y', '10 years'],
      ]}
      latest={authority?.expiresAt ? { what: 'the CA', at: authority.expiresAt } : undefined}
      value={value}
      onChange={onChange}
    />
  );
}

/** The members of a request that say how long: what was shown is what is asked for, the CA's end where it comes sooner. */
export function askedValidity(
  value: Validity,
  authorityEnds: string | undefined,
): { validFor?: string; notAfter?: string } {
  const end = endOf(value, serverNow());
  if (end && authorityEnds && end.getTime() > Date.parse(authorityEnds)) return { notAfter: authorityEnds };
  return value.kind === 'until' ? { notAfter: value.text } : { validFor: value.text };
}
