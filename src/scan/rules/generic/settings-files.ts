/** Names of files in a home or a project that are there to hold settings and logins. */
const NAMES = [
  String.raw`\.env(?:\.[\w-]{1,30})?`,
  String.raw`(?:application|bootstrap|secrets?|credentials?|database|settings|parameters|auth|sftp(?:-config)?)(?:[.-][\w-]{1,30})?\.(?:json|xml)`,
  String.raw`(?:local_)?settings\.py`,
  String.raw`(?:wp-config|configuration|LocalSettings|local\.inc)\.php`,
  String.raw`\.?(?:credentials?|boto|s3cfg|pypirc|envrc|htpasswd|ftpconfig|tugboat|databrickscfg|odbc\.ini|my\.cnf|mylogin)`,
  String.raw`\.(?:bash|zsh|ash|sh|python|psql|mysql|sqlite|node_repl|irb|rediscli|mongo)_history`,
  String.raw`(?:dockerfile|containerfile|jenkinsfile)(?:\.[\w-]{1,30})?`,
  String.raw`(?:kubeconfig|rclone\.conf|recentservers\.xml|sitemanager\.xml|standalone\.xml|tomcat-users\.xml|context\.xml|server\.xml)`,
].join('|');
/** The same by their endings. */
const ENDINGS =
  'env|properties|tfvars|secrets?|ini|cfg|conf|cnf|toml|config|ya?ml|remmina|rdp|ovpn|nmconnection|pcf|tfstate(?:\\.backup)?|netrc';
/** Folders of which each file holds settings. */
const FOLDERS = String.raw`(?:\.kube|\.aws|\.azure|\.snowsql|\.oci|\.mc|\.config/(?:gh|hub|rclone|doctl|op)|etc/(?:kubernetes|default|sysconfig))/[^/]{1,60}`;

const SETTINGS = `^(?:config\\.|history\\[|manifest\\.|index\\.)|(?:^|/)(?:${NAMES})$|\\.(?:${ENDINGS})$|(?:^|/)${FOLDERS}$`;

/** Fields of the configuration of an image, and files that are there to hold settings and logins. */
export const IN_SETTINGS = new RegExp(SETTINGS, 'i');
/** All others: programs, data, documentation. */
export const ELSEWHERE = new RegExp(`^(?!.*(?:${SETTINGS}))`, 'i');
