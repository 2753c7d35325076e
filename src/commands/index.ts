import AuditList from './audit/list.js';
import AuditVerify from './audit/verify.js';
import CaInit from './ca/init.js';
import CaShow from './ca/show.js';
import Console from './console.js';
import Integrate from './integrate.js';
import JwtRotate from './jwt/rotate.js';
import KeyDel from './key/del.js';
import KeyExport from './key/export.js';
import KeyGen from './key/gen.js';
import KeyList from './key/list.js';
import KeyPasswd from './key/passwd.js';
import KeyResume from './key/resume.js';
import KeyShow from './key/show.js';
import KeySign from './key/sign.js';
import KeySuspend from './key/suspend.js';
import LicenseShow from './license/show.js';
import ProvisionAgent from './provision/agent.js';
import ProvisionKeyCreate from './provision/key/create.js';
import ProvisionKeyDel from './provision/key/del.js';
import ProvisionKeyList from './provision/key/list.js';
import RegisterToken from './register/token.js';
import Serve from './serve.js';
import ServerCert from './server-cert.js';
import SessionList from './session/list.js';
import SessionRevoke from './session/revoke.js';
import TokenDelete from './token/delete.js';
import TokenEdit from './token/edit.js';
import TokenInvalidate from './token/invalidate.js';
import TokenList from './token/list.js';
import TokenResume from './token/resume.js';
import TokenRotate from './token/rotate.js';
import TokenShow from './token/show.js';
import TokenSuspend from './token/suspend.js';
import UserAdd from './user/add.js';
import UserDel from './user/del.js';
import UserEdit from './user/edit.js';
import UserList from './user/list.js';
import UserPasswd from './user/passwd.js';
import UserShow from './user/show.js';
import Verify from './verify.js';

/** Every command by its id; oclif's explicit strategy reads this. */
export const COMMANDS = {
  'audit:list': AuditList,
  'audit:verify': AuditVerify,
  'ca:init': CaInit,
  'ca:show': CaShow,
  console: Console,
  integrate: Integrate,
  'jwt:rotate': JwtRotate,
  'key:del': KeyDel,
  'key:export': KeyExport,
  'key:gen': KeyGen,
  'key:list': KeyList,
  'key:passwd': KeyPasswd,
  'key:resume': KeyResume,
  'key:show': KeyShow,
  'key:sign': KeySign,
  'key:suspend': KeySuspend,
  'license:show': LicenseShow,
  'provision:agent': ProvisionAgent,
  'provision:key:create': ProvisionKeyCreate,
  'provision:key:del': ProvisionKeyDel,
  'provision:key:list': ProvisionKeyList,
  'register:token': RegisterToken,
  serve: Serve,
  'server-cert': ServerCert,
  'session:list': SessionList,
  'session:revoke': SessionRevoke,
  'token:delete': TokenDelete,
  'token:edit': TokenEdit,
  'token:invalidate': TokenInvalidate,
  'token:list': TokenList,
  'token:resume': TokenResume,
  'token:rotate': TokenRotate,
  'token:show': TokenShow,
  'token:suspend': TokenSuspend,
  'user:add': UserAdd,
  'user:del': UserDel,
  'user:edit': UserEdit,
  'user:list': UserList,
  'user:passwd': UserPasswd,
  'user:show': UserShow,
  verify: Verify,
};
