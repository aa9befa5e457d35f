# syntax=docker/dockerfile:1
# The server in an image: built by one stage, run by another as a user who owns nothing but the data.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# another profile is built sooner and runs slower; .ci/image gives both
ARG PROFILE=release OUT=/out
# the caches are the builder's, not the image's
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo install --locked --no-track --profile "$PROFILE" --path chatcore-server --root "$OUT"

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /data --uid 10001 chatcore
COPY --from=build /out/bin/chatcore-server /usr/local/bin/chatcore-server
USER chatcore
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENV CHATCORE_LISTEN=0.0.0.0:8000 CHATCORE_STORE=sqlite:/data/chatcore.db
# the binary asks itself: no shell and no curl are needed
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["chatcore-server", "health"]
ENTRYPOINT ["chatcore-server"]
CMD ["serve"]
