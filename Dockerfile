# The operator's image: Node and one bundled file, on nothing else. No shell, no package manager, user 65532, nothing to write to.
#
#   docker build --tag authentik-flow-operator .
#
# There is no container engine where the project is tested, so this file has not been built there. What could be tried without one was: a root
# made by the commands of the stage `root` on Debian 12 runs Node 24 as user 65532 in a chroot, and resolves names.

FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
# No install scripts. Optional packages are needed: esbuild's own program is one.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

# Node, and the libraries it is linked to, at the places where the loader looks for them.
FROM node:24-bookworm-slim AS root
RUN set -eu; \
    mkdir -p /rootfs/app /rootfs/etc; \
    ldd /usr/local/bin/node | grep -o '/[^ ]*' | sort -u | xargs cp --parents --dereference --target-directory=/rootfs; \
    cp --parents /usr/local/bin/node /rootfs; \
    echo 'nonroot:x:65532:65532:nonroot:/app:/sbin/nologin' > /rootfs/etc/passwd; \
    echo 'nonroot:x:65532:' > /rootfs/etc/group; \
    echo 'hosts: files dns' > /rootfs/etc/nsswitch.conf; \
    echo '{"type":"module"}' > /rootfs/app/package.json

FROM scratch
LABEL org.opencontainers.image.title="authentik-flow-operator" \
      org.opencontainers.image.description="Keeps Authentik's login and enrollment flows as Kubernetes objects declare them." \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=root /rootfs/ /
COPY --from=build /src/dist/main.js /app/main.js
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=65536
WORKDIR /app
USER 65532:65532
EXPOSE 8080
# Smaller rather than quicker, which nobody notices at some passes a second: saves some 25 MB (bench/shipped.ts takes flags and variables from here).
ENTRYPOINT ["/usr/local/bin/node", "--max-semi-space-size=1", "--optimize-for-size", "--no-sparkplug", "--no-maglev", "/app/main.js"]
