import type { ImageConfig } from '../../src/model/image.ts';

/** How a popular image runs and how it was built, after its Dockerfile; of the history what a check could take amiss. */
export interface OfficialImage {
  readonly name: string;
  readonly config: Partial<ImageConfig>;
}

const ROOTFS = '# debian.sh --arch amd64 out/ bookworm @1760918400';
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const CREATED = '2026-11-04T00:00:00Z';

function steps(...lines: readonly string[]): ImageConfig['history'] {
  return lines.map((createdBy) => ({
    createdBy,
    comment: 'buildkit.dockerfile.v0',
    emptyLayer: !/^(?:#|\|\d|(?:RUN|COPY|ADD|WORKDIR) |\/bin\/sh -c (?!#\(nop\)))/.test(createdBy),
  }));
}

/** Some of the most pulled images, of publishers who build in different ways. */
export const OFFICIAL_IMAGES: readonly OfficialImage[] = [
  {
    name: 'debian',
    config: { env: [PATH], cmd: ['bash'], history: steps(ROOTFS, 'CMD ["bash"]') },
  },
  {
    name: 'alpine',
    config: {
      env: [PATH],
      cmd: ['/bin/sh'],
      workingDir: '/',
      history: steps('ADD alpine-minirootfs-3.22.2-x86_64.tar.gz / # buildkit', 'CMD ["/bin/sh"]'),
    },
  },
  {
    name: 'ubuntu',
    config: {
      env: [PATH],
      cmd: ['/bin/bash'],
      labels: new Map([
        ['org.opencontainers.image.ref.name', 'ubuntu'],
        ['org.opencontainers.image.version', '24.04'],
      ]),
      history: steps(
        '/bin/sh -c #(nop)  ARG RELEASE',
        '/bin/sh -c #(nop)  LABEL org.opencontainers.image.version=24.04',
        '/bin/sh -c #(nop) ADD file:ad85a9d7b0a74c2140bd51d20f4559c9f78c1ab03e4d6bd3f8b8f6f6d1e3ec52 in / ',
        '/bin/sh -c #(nop)  CMD ["/bin/bash"]',
      ),
    },
  },
  {
    name: 'nginx',
    config: {
      env: [PATH, 'NGINX_VERSION=1.29.3', 'NJS_VERSION=0.9.4', 'PKG_RELEASE=1~bookworm'],
      entrypoint: ['/docker-entrypoint.sh'],
      cmd: ['nginx', '-g', 'daemon off;'],
      exposedPorts: ['80/tcp'],
      stopSignal: 'SIGQUIT',
      labels: new Map([['maintainer', 'NGINX Docker Maintainers <docker-maint@nginx.com>']]),
      history: steps(
        ROOTFS,
        'CMD ["bash"]',
        'LABEL maintainer=NGINX Docker Maintainers <docker-maint@nginx.com>',
        'RUN /bin/sh -c set -x     && groupadd --system --gid 101 nginx     && apt-get update     && apt-get install --no-install-recommends --no-install-suggests -y gnupg1 ca-certificates     && NGINX_GPGKEYS="573BFD6B3D8FBC641079A6ABABF5BD827BD9BF62";     for NGINX_GPGKEY in $NGINX_GPGKEYS; do     found=\'\';     for server in         hkp://keyserver.ubuntu.com:80         pgp.mit.edu     ; do         echo "Fetching GPG key $NGINX_GPGKEY from $server";         gpg1 --batch --keyserver "$server" --keyserver-options timeout=10 --recv-keys "$NGINX_GPGKEY" && found=yes && break;     done; done;     gpg1 --batch --export "$NGINX_GPGKEYS" > "$NGINX_GPGKEY_PATH" ;     && ln -sf /dev/stdout /var/log/nginx/access.log     && ln -sf /dev/stderr /var/log/nginx/error.log     && mkdir /docker-entrypoint.d # buildkit',
        'COPY docker-entrypoint.sh / # buildkit',
        'ENTRYPOINT ["/docker-entrypoint.sh"]',
        'EXPOSE map[80/tcp:{}]',
        'STOPSIGNAL SIGQUIT',
        'CMD ["nginx" "-g" "daemon off;"]',
      ),
    },
  },
  {
    name: 'python',
    config: {
      env: [`PATH=/usr/local/bin:${PATH.slice(5)}`, 'PYTHON_VERSION=3.13.9'],
      cmd: ['python3'],
      history: steps(
        ROOTFS,
        'RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates curl gnupg netbase sq wget; rm -rf /var/lib/apt/lists/* # buildkit',
        'ENV GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305',
        'RUN /bin/sh -c set -eux; wget -O python.tar.xz "https://www.python.org/ftp/python/${PYTHON_VERSION%%[a-z]*}/Python-$PYTHON_VERSION.tar.xz"; echo "$PYTHON_SHA256 *python.tar.xz" | sha256sum -c -; mkdir -p /usr/src/python; tar --extract --directory /usr/src/python --strip-components=1 --file python.tar.xz; gnuArch="$(dpkg-architecture --query DEB_BUILD_GNU_TYPE)"; nproc="$(nproc)"; find /usr/local -depth \\( \\( -type d -a \\( -name test -o -name tests -o -name idle_test \\) \\) \\) -exec rm -rf \'{}\' + ; ldconfig; export PYTHONDONTWRITEBYTECODE=1; python3 --version # buildkit',
        'CMD ["python3"]',
      ),
    },
  },
  {
    name: 'node',
    config: {
      env: [PATH, 'NODE_VERSION=24.11.0', 'YARN_VERSION=1.22.22'],
      entrypoint: ['docker-entrypoint.sh'],
      cmd: ['node'],
      history: steps(
        ROOTFS,
        'RUN /bin/sh -c groupadd --gid 1000 node   && useradd --uid 1000 --gid node --shell /bin/bash --create-home node # buildkit',
        'RUN /bin/sh -c ARCH= && dpkgArch="$(dpkg --print-architecture)"   && case "${dpkgArch##*-}" in     amd64) ARCH=\'x64\';;     *) echo "unsupported architecture"; exit 1 ;;   esac   && export GNUPGHOME="$(mktemp -d)"   && for key in     5BE8A3F6C8A5C01D106C0AD820B1A390B168D356   ; do       { gpg --batch --keyserver hkps://keys.openpgp.org --recv-keys "$key" && gpg --batch --fingerprint "$key"; } ||       { gpg --batch --keyserver keyserver.ubuntu.com --recv-keys "$key"; } ;   done   && curl -fsSLO --compressed "https://nodejs.org/dist/v$NODE_VERSION/node-v$NODE_VERSION-linux-$ARCH.tar.xz"   && curl -fsSLO --compressed "https://nodejs.org/dist/v$NODE_VERSION/SHASUMS256.txt.asc"   && gpg --batch --decrypt --output SHASUMS256.txt SHASUMS256.txt.asc   && grep " node-v$NODE_VERSION-linux-$ARCH.tar.xz\\$" SHASUMS256.txt | sha256sum -c -   && tar -xJf "node-v$NODE_VERSION-linux-$ARCH.tar.xz" -C /usr/local --strip-components=1 --no-same-owner # buildkit',
        'COPY docker-entrypoint.sh /usr/local/bin/ # buildkit',
        'CMD ["node"]',
      ),
    },
  },
  {
    name: 'postgres',
    config: {
      env: [PATH, 'GOSU_VERSION=1.19', 'PG_MAJOR=18', 'PGDATA=/var/lib/postgresql/18/docker'],
      entrypoint: ['docker-entrypoint.sh'],
      cmd: ['postgres'],
      exposedPorts: ['5432/tcp'],
      volumes: ['/var/lib/postgresql'],
      stopSignal: 'SIGINT',
      history: steps(
        ROOTFS,
        'RUN /bin/sh -c set -eux; savedAptMark="$(apt-mark showmanual)"; dpkgArch="$(dpkg --print-architecture | awk -F- \'{ print $NF }\')"; wget -O /usr/local/bin/gosu "https://github.com/tianon/gosu/releases/download/$GOSU_VERSION/gosu-$dpkgArch"; wget -O /usr/local/bin/gosu.asc "https://github.com/tianon/gosu/releases/download/$GOSU_VERSION/gosu-$dpkgArch.asc"; gpg --batch --verify /usr/local/bin/gosu.asc /usr/local/bin/gosu; chmod +x /usr/local/bin/gosu; gosu --version; gosu nobody true # buildkit',
        'VOLUME [/var/lib/postgresql]',
        'EXPOSE map[5432/tcp:{}]',
        'CMD ["postgres"]',
      ),
    },
  },
  {
    name: 'redis',
    config: {
      env: [PATH, 'REDIS_DOWNLOAD_URL=https://download.redis.io/releases/redis-8.2.2.tar.gz'],
      entrypoint: ['docker-entrypoint.sh'],
      cmd: ['redis-server'],
      exposedPorts: ['6379/tcp'],
      volumes: ['/data'],
      workingDir: '/data',
      history: steps(
        ROOTFS,
        "RUN /bin/sh -c set -eux; wget -O redis.tar.gz \"$REDIS_DOWNLOAD_URL\"; echo \"$REDIS_DOWNLOAD_SHA *redis.tar.gz\" | sha256sum -c -; grep -E '^ *createBoolConfig[(]\"protected-mode\",.*, *1 *,.*[)],$' /usr/src/redis/src/config.c; find /usr/local -type f -executable -exec ldd '{}' ';' | awk '/=>/ { so = $(NF-1); print so }' | sort -u | xargs -r dpkg-query --search | cut -d: -f1 | xargs -r apt-mark manual # buildkit",
        'RUN /bin/sh -c mkdir /data && chown redis:redis /data # buildkit',
        'VOLUME [/data]',
        'WORKDIR /data',
        'EXPOSE map[6379/tcp:{}]',
        'CMD ["redis-server"]',
      ),
    },
  },
  {
    name: 'mysql',
    config: {
      env: [PATH, 'MYSQL_MAJOR=8.4', 'MYSQL_SHELL_VERSION=8.4.7-1.el9'],
      entrypoint: ['docker-entrypoint.sh'],
      cmd: ['mysqld'],
      exposedPorts: ['3306/tcp', '33060/tcp'],
      volumes: ['/var/lib/mysql'],
      history: steps(
        '/bin/sh -c #(nop) ADD file:c5ae2e8e8b5f3c5d7b0a7c2140bd51d20f4559c9f78c1ab03e4d6bd3f8b8f6f6 in / ',
        'RUN /bin/sh -c set -eux; curl -fL -o gosu.asc "https://github.com/tianon/gosu/releases/download/$GOSU_VERSION/gosu.asc"; curl -fL -o /usr/local/bin/gosu "https://github.com/tianon/gosu/releases/download/$GOSU_VERSION/gosu"; gpg --batch --verify gosu.asc /usr/local/bin/gosu; rm -rf "$GNUPGHOME" gosu.asc; chmod +x /usr/local/bin/gosu # buildkit',
        "RUN /bin/sh -c set -eu; { echo '[mysql8.4-server-minimal]'; echo 'enabled=1'; echo 'baseurl=https://repo.mysql.com/yum/mysql-8.4-community/docker/el/9/$basearch/'; echo 'gpgcheck=1'; } | tee /etc/yum.repos.d/mysql-community-minimal.repo # buildkit",
        'VOLUME [/var/lib/mysql]',
        'CMD ["mysqld"]',
      ),
    },
  },
  {
    name: 'httpd',
    config: {
      env: [`PATH=/usr/local/apache2/bin:${PATH.slice(5)}`, 'HTTPD_PREFIX=/usr/local/apache2'],
      cmd: ['httpd-foreground'],
      exposedPorts: ['80/tcp'],
      workingDir: '/usr/local/apache2',
      stopSignal: 'SIGWINCH',
      history: steps(
        ROOTFS,
        'WORKDIR /usr/local/apache2',
        'RUN /bin/sh -c set -eux; ddist() { local f="$1"; shift; local distFile="$1"; shift; local success=; for distUrl in \'https://www.apache.org/dyn/closer.cgi?action=download&filename=\' https://downloads.apache.org/ ; do if curl -fL -o "$f" "$distUrl$distFile" && [ -s "$f" ]; then success=1; break; fi; done; [ -n "$success" ]; }; ddist \'httpd.tar.bz2\' "httpd/httpd-$HTTPD_VERSION.tar.bz2"; echo "$HTTPD_SHA256 *httpd.tar.bz2" | sha256sum -c -; sed -ri -e \'s!^(\\s*CustomLog)\\s+\\S+!\\1 /proc/self/fd/1!g\' -e \'s!^(\\s*ErrorLog)\\s+\\S+!\\1 /proc/self/fd/2!g\' "$HTTPD_PREFIX/conf/httpd.conf" # buildkit',
        'COPY httpd-foreground /usr/local/bin/ # buildkit',
        'EXPOSE map[80/tcp:{}]',
        'CMD ["httpd-foreground"]',
      ),
    },
  },
  {
    name: 'golang',
    config: {
      env: [
        `PATH=/go/bin:/usr/local/go/bin:${PATH.slice(5)}`,
        'GOLANG_VERSION=1.25.4',
        'GOTOOLCHAIN=local',
        'GOPATH=/go',
      ],
      cmd: ['bash'],
      workingDir: '/go',
      history: steps(
        ROOTFS,
        'RUN /bin/sh -c set -eux; \tapt-get update; \tapt-get install -y --no-install-recommends \t\tg++ \t\tgcc \t\tlibc6-dev \t\tmake \t\tpkg-config \t; \trm -rf /var/lib/apt/lists/* # buildkit',
        'COPY /target/ / # buildkit',
        'RUN /bin/sh -c mkdir -p "$GOPATH/src" "$GOPATH/bin" && chmod -R 1777 "$GOPATH" # buildkit',
        'WORKDIR /go',
      ),
    },
  },
  {
    name: 'alpine/golang',
    config: {
      env: [PATH],
      cmd: ['/bin/sh'],
      history: steps(
        'ADD alpine-minirootfs-3.22.2-x86_64.tar.gz / # buildkit',
        'RUN /bin/sh -c set -eux; \tnow="$(date \'+%s\')"; \tarch="$(apk --print-arch)"; \turl=; \tcase "$arch" in \t\t\'x86_64\') \t\t\turl=\'https://dl.google.com/go/go1.25.4.linux-amd64.tar.gz\'; \t\t\t;; \t\t*) echo >&2 "error: unsupported architecture \'$arch\' (likely packaging update needed)"; exit 1 ;; \tesac; \t\twget -O go.tgz.asc "$url.asc"; \twget -O go.tgz "$url"; \techo "$sha256 *go.tgz" | sha256sum -c -; \t\tGNUPGHOME="$(mktemp -d)"; export GNUPGHOME; \tgpg --batch --verify go.tgz.asc go.tgz; \ttar -C /usr/local -xzf go.tgz; \tSOURCE_DATE_EPOCH="$(stat -c \'%Y\' /usr/local/go)"; \ttouchy="$(date -d "@$SOURCE_DATE_EPOCH" \'+%Y%m%d%H%M.%S\')"; \tdate --date "@$SOURCE_DATE_EPOCH" --rfc-2822 # buildkit',
      ),
    },
  },
  {
    name: 'distroless/static-debian12',
    config: {
      env: [PATH, 'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt'],
      workingDir: '/home/nonroot',
      history: steps(),
    },
  },
  {
    name: 'bitnami/postgresql',
    config: {
      env: [
        `PATH=/opt/bitnami/postgresql/bin:${PATH.slice(5)}`,
        'HOME=/',
        'OS_FLAVOUR=debian-12',
        'APP_VERSION=17.6.0',
      ],
      entrypoint: ['/opt/bitnami/scripts/postgresql/entrypoint.sh'],
      cmd: ['/opt/bitnami/scripts/postgresql/run.sh'],
      exposedPorts: ['5432/tcp'],
      volumes: ['/bitnami/postgresql', '/docker-entrypoint-initdb.d', '/docker-entrypoint-preinitdb.d'],
      labels: new Map([
        [
          'com.vmware.cp.artifact.flavor',
          'sha256:c50c90cfd9d12b445b011e6ad529f1ad3daea45c26d20b00732fae3cd71f6a83',
        ],
        ['org.opencontainers.image.base.name', 'docker.io/bitnami/minideb:bookworm'],
        ['org.opencontainers.image.title', 'postgresql'],
      ]),
      history: steps(
        '/bin/sh -c #(nop) ADD file:f3a0c2b1d4e5f60718293a4b5c6d7e8f9a0b1c2d3e4f5061728394a5b6c7d8e9 in / ',
        'SHELL [/bin/bash -o errexit -o nounset -o pipefail -c]',
        'RUN |2 DOWNLOADS_URL=downloads.bitnami.com/files/stacksmith TARGETARCH=amd64 /bin/bash -o errexit -o nounset -o pipefail -c mkdir -p /tmp/bitnami/pkg/cache/ ; cd /tmp/bitnami/pkg/cache/ || exit 1 ;     COMPONENTS=(       "postgresql-17.6.0-1-linux-${OS_ARCH}-debian-12"     ) ;     for COMPONENT in "${COMPONENTS[@]}"; do       if [ ! -f "${COMPONENT}.tar.gz" ]; then         curl -SsLf "https://${DOWNLOADS_URL}/${COMPONENT}.tar.gz" -O ;         curl -SsLf "https://${DOWNLOADS_URL}/${COMPONENT}.tar.gz.sha256" -O ;       fi ;       sha256sum -c "${COMPONENT}.tar.gz.sha256" ;       tar -zxf "${COMPONENT}.tar.gz" -C /opt/bitnami --strip-components=2 --no-same-owner ;       rm -rf "${COMPONENT}"{.tar.gz,.sha256} ;     done # buildkit',
        'RUN |2 DOWNLOADS_URL=downloads.bitnami.com/files/stacksmith TARGETARCH=amd64 /bin/bash -o errexit -o nounset -o pipefail -c find / -perm /6000 -type f -exec chmod a-s {} \\; || true # buildkit',
        'EXPOSE map[5432/tcp:{}]',
        'VOLUME [/bitnami/postgresql /docker-entrypoint-initdb.d /docker-entrypoint-preinitdb.d]',
        'CMD ["/opt/bitnami/scripts/postgresql/run.sh"]',
      ),
    },
  },
  {
    name: 'ubi9/ubi-minimal',
    config: {
      env: [PATH, 'container=oci'],
      cmd: ['/bin/bash'],
      workingDir: '/',
      labels: new Map([
        ['com.redhat.component', 'ubi9-minimal-container'],
        ['io.buildah.version', '1.41.4'],
        ['io.k8s.display-name', 'Red Hat Universal Base Image 9 Minimal'],
        ['io.openshift.expose-services', ''],
      ]),
      history: steps(
        '/bin/sh -c #(nop) LABEL maintainer="Red Hat, Inc."',
        '/bin/sh -c #(nop) ENV container oci',
        '/bin/sh -c #(nop) COPY dir:6f3cbd4d5fa8f2b4b9a0a7c2140bd51d20f4559c9f78c1ab03e4d6bd3f8b8f6f in / ',
        '/bin/sh -c #(nop) WORKDIR app',
        '/bin/sh -c #(nop) WORKDIR dev',
        '/bin/sh -c #(nop) CMD ["/bin/bash"]',
      ),
    },
  },
].map((image) => ({ ...image, config: { ...image.config, created: CREATED, user: '' } }));
