import './style/base.css';
import './style/kit.css';
import './style/overview.css';
import './style/shell.css';
import { render } from 'preact';
import { App } from './app.js';
import { showExactTimes } from './kit/exact-times.js';

const place = document.getElementById('app');
showExactTimes();
if (place) render(<App />, place);
