import { useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { Link, useLocation, useSearchParams } from 'wouter-preact';
import { isGone } from '../api/api-error.js';
import { call } from '../api/call.js';
import type { Client, IssuedClient } from '../api/types.js';
import { CommandHint } from '../kit/command-hint.js';
import { Menu } from '../kit/menu.js';
import { Failure, Note } from '../kit/note.js';
import type { SeveralDone } from '../kit/several.js';
import { Time } from '../kit/time.js';
import type { PageProps } from '../pages.js';
import { PageTitle } from '../shell/page-title.js';
import { ClientQuestion, Outcome, type Verb } from './clients/actions.js';
import { Activity } from './clients/activity.js';
import { ClientState, LastUsed, None } from './clients/columns.js';
import { Credentials } from './clients/credentials.js';
import { EditClient } from './clients/edit-client.js';
import { Issued } from './clients/issued.js';
import { ReissueClient } from './clients/reissue-client.js';

type Doing = Verb | 'edit' | 'reissue';

/** One client: what it has, who is connected by it, what it was refused, and who changed it. */
export default function KeyPage({ params: { id = '' } }: PageProps) {
  const [, navigate] = useLocation();
  const [search, setSearch] = useSearchParams();
  const [doing, setDoing] = useState<Doing | undefined>(
    search.get('do') === 'reissue' ? 'reissue' : undefined,
  );
  const [told, setTold] = useState<{ verb: Verb; outcome: SeveralDone }>();
  const [issued, setIssued] = useState<IssuedClient>();
  const {
    data: client,
    error,
    refetch,
  } = useQuery<Client>({
    queryKey: ['clients', 'one', id],
    queryFn: ({ signal }) => call('get', '/api/v1/clients/{id}', { id, signal }),
  });
  if (issued)
    return (
      <>
        <PageTitle title={`Reissued ${id}`} />
        <Issued issued={issued} onSaved={() => setIssued(undefined)} />
      </>
    );
  const isSuspended = client?.status === 'suspended';
  const close = () => {
    setDoing(undefined);
    if (search.has('do')) setSearch({}, { replace: true });
  };
  return (
    <>
      <p class="crumb">
        <Link href="/keys">Keys</Link> /
      </p>
      <PageTitle title={<bdi>{id}</bdi>} tab={id}>
        {!error && (
          <>
            <button type="button" disabled={!client} onClick={() => setDoing('edit')}>
              Edit
            </button>
            <button type="button" disabled={!client} onClick={() => setDoing('reissue')}>
              Reissue
            </button>
            <button
              type="button"
              disabled={!client}
              onClick={() => setDoing(isSuspended ? 'resume' : 'suspend')}
            >
              {isSuspended ? 'Resume' : 'Suspend'}
            </button>
            <Menu
              label={`More actions for ${id}`}
              items={[{ label: 'Delete…', danger: true, run: () => setDoing('delete') }]}
            />
          </>
        )}
      </PageTitle>
      <div class="stack">
        {told && <Outcome {...told} onClose={() => setTold(undefined)} />}
        {isGone(error) ? (
          <Note kind="warn">
            <span>There is no such client (any more), or it is not yours.</span>
            <Link href="/keys">All keys</Link>
          </Note>
        ) : (
          error !== null && <Failure error={error} retry={refetch} />
        )}
        {!client && !error && <div class="page-skeleton loading" />}
        {client && (
          <>
            <section class="card" aria-label="The client">
              <dl class="facts">
                <dt>State</dt>
                <dd>
                  <ClientState client={client} />
                </dd>
                <dt>Label</dt>
                <dd>{client.label === null ? <None /> : <bdi>{client.label}</bdi>}</dd>
                <dt>Owner</dt>
                <dd>
                  {client.owner === null ? (
                    <None />
                  ) : (
                    <Link href={`/keys?owner=${encodeURIComponent(client.owner)}`}>
                      <bdi>{client.owner}</bdi>
                    </Link>
                  )}
                </dd>
                {client.domain !== null && (
                  <>
                    <dt>Domain</dt>
                    <dd>
                      <bdi>{client.domain}</bdi>
                    </dd>
                  </>
                )}
                <dt>Scopes</dt>
                <dd>
                  {client.scopes.length === 0 ? (
                    <None />
                  ) : (
                    client.scopes.map((scope) => (
                      <bdi key={scope} class="tag">
                        {scope}
                      </bdi>
                    ))
                  )}
                </dd>
                <dt>Ends</dt>
                <dd>
                  <Time at={client.expiresAt} focusable />
                </dd>
                <dt>Last used</dt>
                <dd>
                  <LastUsed of={client} />
                  {client.lastUsedAt && <span class="muted small"> (at most a minute old)</span>}
                </dd>
                <dt>Made</dt>
                <dd>
                  <Time at={client.createdAt} focusable />, changed <Time at={client.updatedAt} focusable />
                </dd>
              </dl>
            </section>
            <Credentials client={client} />
            <Activity id={id} />
          </>
        )}
      </div>
      {client && doing === 'edit' && <EditClient client={client} onClose={close} />}
      {client && doing === 'reissue' && (
        <ReissueClient client={client} onClose={close} onIssued={setIssued} />
      )}
      {client && (doing === 'suspend' || doing === 'resume' || doing === 'delete') && (
        <ClientQuestion
          verb={doing}
          clients={[client]}
          onClose={(outcome) => {
            close();
            if (outcome && doing === 'delete') navigate('/keys', { replace: true });
            else if (outcome) setTold({ verb: doing, outcome });
          }}
        />
      )}
      <CommandHint
        commands={[
          `keywright key show ${id}`,
          `keywright key gen ${id} --force --overlap 24h --zip`,
          `keywright key suspend ${id}`,
        ]}
      />
    </>
  );
}
