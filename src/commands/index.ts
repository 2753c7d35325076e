import CaInit from './ca/init.js';
import CaShow from './ca/show.js';
import KeyDel from './key/del.js';
import KeyGen from './key/gen.js';
import KeyList from './key/list.js';
import KeyShow from './key/show.js';
import Serve from './serve.js';
import ServerCert from './server-cert.js';
import Verify from './verify.js';

/** Every command by its id; oclif's explicit strategy reads this. */
export const COMMANDS = {
  'ca:init': CaInit,
  'ca:show': CaShow,
  'key:del': KeyDel,
  'key:gen': KeyGen,
  'key:list': KeyList,
  'key:show': KeyShow,
  serve: Serve,
  'server-cert': ServerCert,
  verify: Verify,
};
