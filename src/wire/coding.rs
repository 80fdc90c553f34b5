//! Content codings (RFC 9110 section 8.4.1): a client that says `Accept-Encoding` gets bodies that must be unpacked.

use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};

/// Why a body cannot be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodingFault {
    /// It is not what `Content-Encoding` says.
    Corrupt,
    /// It is larger than the client reads.
    TooLarge,
}

/// Unpacks a body that is coded with `gzip` or `deflate`; any other coding is left as it is. No more than `most` bytes
/// are unpacked: a small body can hold a large one.
///
/// # Errors
/// If the body is not in that coding, or too large.
pub(super) fn unpack(coding: &str, body: Vec<u8>, most: usize) -> Result<Vec<u8>, CodingFault> {
    if body.is_empty() {
        return Ok(body);
    }
    match coding.trim().to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => read(GzDecoder::new(body.as_slice()), most),
        // The name means the zlib format; some servers send the bare stream.
        "deflate" => match read(ZlibDecoder::new(body.as_slice()), most) {
            Err(CodingFault::Corrupt) => read(DeflateDecoder::new(body.as_slice()), most),
            done => done,
        },
        _ => Ok(body),
    }
}

fn read(from: impl Read, most: usize) -> Result<Vec<u8>, CodingFault> {
    let mut plain = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    from.take(limit).read_to_end(&mut plain).map_err(|_| CodingFault::Corrupt)?;
    if plain.len() > most { Err(CodingFault::TooLarge) } else { Ok(plain) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut coder = GzEncoder::new(Vec::new(), Compression::fast());
        coder.write_all(plain).expect("in memory");
        coder.finish().expect("in memory")
    }

    /// Every form in which servers send the two codings comes out as it was; other codings stay.
    #[test]
    fn unpacks() {
        let plain = b"{\"id\": 1}".to_vec();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(&plain).expect("in memory");
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(&plain).expect("in memory");
        for (coding, coded) in [
            ("gzip", gzip(&plain)),
            ("X-GZIP", gzip(&plain)),
            ("deflate", zlib.finish().expect("in memory")),
            ("deflate", bare.finish().expect("in memory")),
            ("identity", plain.clone()),
        ] {
            assert_eq!(unpack(coding, coded, 100), Ok(plain.clone()), "{coding}");
        }
        assert_eq!(unpack("gzip", Vec::new(), 100), Ok(Vec::new()), "a 204 has no body");
    }

    /// A body that is not what it says, and one that grows too large, are faults and no panic.
    #[test]
    fn refuses_bombs_and_rubbish() {
        assert_eq!(unpack("gzip", b"plain".to_vec(), 100), Err(CodingFault::Corrupt));
        assert_eq!(unpack("deflate", b"\xff\xfe\xfd".to_vec(), 100), Err(CodingFault::Corrupt));
        assert_eq!(unpack("gzip", gzip(&[0; 10_000]), 100), Err(CodingFault::TooLarge));
    }
}
