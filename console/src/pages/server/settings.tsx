import type { Answer } from '../../api/types.js';

type Values = NonNullable<Answer<'get', '/api/v1/server'>['settings']>;

/** The settings as they are: those that somebody set, and folded away those that nobody did. */
export function Settings({ settings }: { settings: Values }) {
  const isSet = ({ from }: Values[number]) => from !== 'default';
  const set = settings.filter(isSet);
  const others = settings.filter((each) => !isSet(each));
  return (
    <section aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      {set.length === 0 ? (
        <p class="muted">All are as they come.</p>
      ) : (
        <SettingsTable caption="Settings that are set" settings={set} />
      )}
      <details class="fold others">
        <summary>{others.length} that are as they come</summary>
        <SettingsTable caption="Settings as they come" settings={others} />
      </details>
    </section>
  );
}

function SettingsTable({ caption, settings }: { caption: string; settings: Values }) {
  return (
    <div class="table-frame">
      <table class="fixed">
        <caption class="sr">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">Value</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {settings.map(({ name, value, from }) => (
            <tr key={name}>
              <td data-label="Setting" class="mono">
                {name}
              </td>
              <td data-label="Value">
                {value === null ? <span class="muted">not set</span> : <bdi class="mono">{value}</bdi>}
              </td>
              <td data-label="From" class="muted">
                {from}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
