//! An output that outlives its reader.
//!
//! `scimulate run | head` must end with the verdict of the run, not with that of the pipe: once the reader is gone,
//! what is written is dropped, and the command goes on to its end.

use std::io::{self, Write};

/// Writes until the reader is gone, and drops the rest.
pub(super) struct Pipe<W> {
    inner: W,
    gone: bool,
}

impl<W: Write> Pipe<W> {
    /// Around that output.
    pub(super) fn new(inner: W) -> Pipe<W> {
        Pipe { inner, gone: false }
    }

    fn outlive<T>(&mut self, done: io::Result<T>, dropped: T) -> io::Result<T> {
        match done {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(dropped)
            }
            other => other,
        }
    }
}

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gone {
            return Ok(bytes.len());
        }
        let done = self.inner.write(bytes);
        self.outlive(done, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gone {
            return Ok(());
        }
        let done = self.inner.flush();
        self.outlive(done, ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed(usize);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            self.0 += 1;
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A reader that has seen enough ends no command, and is not written to again.
    #[test]
    fn goes_on_without_its_reader() {
        let mut pipe = Pipe::new(Closed(0));
        assert!(pipe.write_all(b"one").is_ok() && pipe.write_all(b"two").is_ok() && pipe.flush().is_ok());
        assert_eq!(pipe.inner.0, 1);
    }

    /// Other failures are told: a full disk is not a reader that has gone.
    #[test]
    fn tells_other_failures() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(Pipe::new(Full).write_all(b"x").is_err());
    }
}
