import './style/base.css';
import './style/kit.css';
import './style/overview.css';
import './style/shell.css';
import { render } from 'preact';
import { App } from './app.js';
import { showExactTimes } from './kit/exact-times.js';
import { loadFirst } from './shell/lazy.js';

const place = document.getElementById('app');
showExactTimes();
// The code of the page that is asked for comes while the server is asked who is signed in.
loadFirst(location.pathname.replace(/^\/console/, '') || '/');
if (place) render(<App />, place);
