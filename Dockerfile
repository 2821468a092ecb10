# syntax=docker/dockerfile:1
# Two images by ARG, each of which takes a digest: --build-arg RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian12@sha256:...
ARG BUILD_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot

FROM $BUILD_IMAGE AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY scripts scripts
COPY src src
COPY mappings mappings
RUN npm run build

# Node, the bundle and the mapping tables: no shell, no package manager, no node_modules.
FROM $RUNTIME_IMAGE
WORKDIR /flare
COPY --from=build /build/dist ./
COPY LICENSE ./
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
USER 65532:65532
EXPOSE 9464
# The flags trade peak speed, which an idle agent has no use for, for memory: bench/README.md says how much. A hub is started without.
ENTRYPOINT ["/nodejs/bin/node", "--no-opt", "--no-sparkplug", "--max-semi-space-size=1", "/flare/flare.js"]
CMD ["agent"]
