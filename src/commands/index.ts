import AuditList from './audit/list.js';
import AuditVerify from './audit/verify.js';
import CaInit from './ca/init.js';
import CaShow from './ca/show.js';
import KeyDel from './key/del.js';
import KeyGen from './key/gen.js';
import KeyList from './key/list.js';
import KeyShow from './key/show.js';
import RegisterToken from './register/token.js';
import Serve from './serve.js';
import ServerCert from './server-cert.js';
import TokenDelete from './token/delete.js';
import TokenEdit from './token/edit.js';
import TokenInvalidate from './token/invalidate.js';
import TokenList from './token/list.js';
import TokenRotate from './token/rotate.js';
import TokenShow from './token/show.js';
import Verify from './verify.js';

/** Every command by its id; oclif's explicit strategy reads this. */
export const COMMANDS = {
  'audit:list': AuditList,
  'audit:verify': AuditVerify,
  'ca:init': CaInit,
  'ca:show': CaShow,
  'key:del': KeyDel,
  'key:gen': KeyGen,
  'key:list': KeyList,
  'key:show': KeyShow,
  'register:token': RegisterToken,
  serve: Serve,
  'server-cert': ServerCert,
  'token:delete': TokenDelete,
  'token:edit': TokenEdit,
  'token:invalidate': TokenInvalidate,
  'token:list': TokenList,
  'token:rotate': TokenRotate,
  'token:show': TokenShow,
  verify: Verify,
};
