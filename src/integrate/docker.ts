import type { Integration } from './integration.js';

/** Docker runs the server. */
export const docker: Integration = {
  name: 'docker',
  summary: 'Docker runs keywright serve, the home in a volume',
  configuration: ({ version }) => [
    {
      name: 'Dockerfile',
      text: `FROM node:22-slim
RUN npm install --global keywright@${version} && mkdir -m 0700 /home/node/keywright && chown node: /home/node/keywright
USER node
ENV KEYWRIGHT_HOME=/home/node/keywright
VOLUME /home/node/keywright
EXPOSE 5654 5653
HEALTHCHECK CMD node -e "fetch('http://127.0.0.1:5654/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"
ENTRYPOINT ["keywright"]
# Inside a container, "all addresses" are the container's own.
CMD ["serve", "--http", "tcp://0.0.0.0:5654", "--mqtt", "tcp://0.0.0.0:5653"]
`,
    },
    {
      name: 'compose.yaml',
      text: `# docker compose up -d; then for example: docker compose exec keywright keywright register token
services:
  keywright:
    build: .
    init: true
    restart: unless-stopped
    read_only: true
    tmpfs: [/tmp]
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    ports:
      # Callers reach it on this machine only: a gateway or TLS belongs in front.
      - 127.0.0.1:5654:5654
      - 127.0.0.1:5653:5653
    volumes:
      - home:/home/node/keywright
volumes:
  home:
`,
    },
  ],
};
