# The binary holds all features, profiles and schemas; nothing else is needed at run time.
#   docker build --tag scimulate .
#   docker run --rm --network host --env SCIMULATE_TOKEN scimulate run --target http://127.0.0.1:8080/scim/v2
FROM rust:1-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home scimulate
COPY --from=build /source/target/release/scimulate /usr/local/bin/scimulate
USER scimulate
WORKDIR /home/scimulate
ENTRYPOINT ["scimulate"]
