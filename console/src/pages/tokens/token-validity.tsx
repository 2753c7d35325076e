import type { Validity } from '../../kit/validity.js';
import { ValidityField } from '../../kit/validity-field.js';

export const USUAL_END: Validity = { kind: 'duration', text: '90d' };

/** How long an API key holds. */
export function TokenValidity({ value, onChange }: { value: Validity; onChange: (value: Validity) => void }) {
  return (
    <ValidityField
      durations={[
        ['90d', '90 days (usual)'],
        ['24h', '24 hours'],
        ['30d', '30 days'],
        ['1y', '1 year'],
        ['3y', '3 years'],
      ]}
      neverWarning="It holds until somebody takes it away. If it gets into wrong hands unnoticed, it works there for ever."
      value={value}
      onChange={onChange}
    />
  );
}
