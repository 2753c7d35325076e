import type { ComponentType } from 'preact';

/** A page of the console. Its code is loaded when it is first opened. */
export interface PageEntry {
  /** Below `/console`, as wouter matches it. */
  readonly path: string;
  readonly title: string;
  /** Shown in the navigation, in this order. */
  readonly inNavigation: boolean;
  readonly forAdmins?: boolean;
  readonly load: () => Promise<{ default: ComponentType<PageProps> }>;
}

export interface PageProps {
  /** What the path's pattern matched. */
  readonly params: Readonly<Record<string, string | undefined>>;
}

export const PAGES: readonly PageEntry[] = [
  { path: '/', title: 'Overview', inNavigation: true, load: () => import('./pages/overview.js') },
  { path: '/keys', title: 'Keys', inNavigation: true, load: () => import('./pages/keys.js') },
  {
    path: '/new-key',
    title: 'Generate a key',
    inNavigation: false,
    load: () => import('./pages/key-new.js'),
  },
  { path: '/keys/:id', title: 'Key', inNavigation: false, load: () => import('./pages/key.js') },
  { path: '/tokens', title: 'Tokens', inNavigation: true, load: () => import('./pages/tokens.js') },
  {
    path: '/provisioning',
    title: 'Provisioning',
    inNavigation: true,
    forAdmins: true,
    load: () => import('./pages/provisioning.js'),
  },
  {
    path: '/users',
    title: 'Users',
    inNavigation: true,
    forAdmins: true,
    load: () => import('./pages/users.js'),
  },
  { path: '/sessions', title: 'Sessions', inNavigation: true, load: () => import('./pages/sessions.js') },
  { path: '/audit', title: 'Audit', inNavigation: true, load: () => import('./pages/audit.js') },
  { path: '/server', title: 'Server', inNavigation: true, load: () => import('./pages/server.js') },
];
