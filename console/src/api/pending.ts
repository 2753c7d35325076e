import type { paths } from './openapi.js';

interface Op<Result, Body = never, Query = never> {
  parameters: { query?: Query };
  requestBody?: { content: { 'application/json': Body } };
  responses: { 200: { content: { 'application/json': Result } } };
}

type Me = paths['/api/v1/session']['get']['responses'][200]['content']['application/json'];
interface Counts {
  total: number;
  byState: Record<string, number>;
}
interface Ends {
  clients: number;
  apiKeys: number;
  certificates: number;
}
interface Refusal {
  id: number | string;
  at: string;
  by: string | null;
  what: string | null;
  address: string | null;
  reason: string;
  cause: string | null;
  client: string | null;
  credential: string | null;
  hint: string | null;
  method: string | null;
  path: string | null;
  status: number | null;
}

/** Routes that the OpenAPI document does not tell yet: each goes as soon as it does. */
export interface PendingPaths {
  '/api/v1/first-user': {
    get: Op<{ needed: boolean }>;
    post: Op<Me, { token: string; id: string; password: string }>;
  };
  '/api/v1/overview': {
    get: Op<{
      time: string;
      clients: Counts;
      apiKeys: Counts;
      certificates: Counts;
      ends: { days: ({ date: string } & Ends)[]; within: Record<'7' | '30' | '90', Ends> };
      unused: { never: number; long: number };
      authority: { subject: string; expiresAt: string };
      serverCertificate: { expiresAt: string } | null;
      licence: Record<string, unknown> | null;
      verdicts: {
        minutes: { at: string; accepted: number; refused: number }[];
        reasons: { reason: string; count: number }[];
      } | null;
    }>;
  };
  '/api/v1/refusals': { get: Op<Refusal[], never, { client?: string; limit?: string }> };
}
