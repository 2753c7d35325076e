import { KeywrightError } from '../core/model/errors.js';
import type { Integration } from './integration.js';

/** systemd runs the server. */
export const systemd: Integration = {
  name: 'systemd',
  summary: 'systemd runs keywright serve',
  configuration: ({ program, home }) => {
    for (const path of [...program, home]) requirePlain(path);
    return [
      {
        name: 'keywright.service',
        text: `# /etc/systemd/system/keywright.service; then: systemctl daemon-reload && systemctl enable --now keywright
[Unit]
Description=keywright, the verifier of credentials
After=network-online.target
Wants=network-online.target

[Service]
# A user of its own, to whom the home belongs: useradd --system keywright && chown -R keywright: ${home}
User=keywright
Environment=KEYWRIGHT_HOME=${home}
# Settings are in keywright.yaml in the home; secrets, such as JWT_SECRET, in a file that only root reads:
EnvironmentFile=-/etc/keywright/environment
ExecStart=${program.join(' ')} serve
Restart=on-failure
RestartSec=1s
ReadWritePaths=${home}
ProtectSystem=strict
ProtectHome=tmpfs
BindPaths=${home}
PrivateTmp=yes
PrivateDevices=yes
NoNewPrivileges=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
LockPersonality=yes
UMask=0077

[Install]
WantedBy=multi-user.target
`,
      },
    ];
  },
};

// A unit has quoting, specifiers and variables of its own, in each setting others.
function requirePlain(path: string): void {
  if (/^[A-Za-z0-9/._+@-]+$/.test(path)) return;
  throw new KeywrightError(
    'invalid-input',
    `the path ${JSON.stringify(path)} cannot stand in a unit as it is`,
    {
      hint: 'use a home, and a place for the program, of letters, digits, "/", ".", "_", "+", "@" and "-"',
    },
  );
}
