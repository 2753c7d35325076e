import './style/base.css';
import './style/kit.css';
import './style/overview.css';
import './style/shell.css';
import { render } from 'preact';
import { App } from './app.js';

const place = document.getElementById('app');
if (place) render(<App />, place);
