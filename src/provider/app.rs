//! The provider as a running server: its options, what its handlers share, and its start and stop.

mod state;

pub use state::{Limits, PatchResponse, Settings, State};
//STUB
#[allow(missing_docs)]
mod stub {
    pub struct Options {
        pub listen: std::net::SocketAddr,
        pub data: Option<std::path::PathBuf>,
        pub defects: Vec<String>,
        pub patch_response: super::PatchResponse,
        pub strict_rfc: bool,
    }
    impl Default for Options {
        fn default() -> Self {
            Options {
                listen: ([127, 0, 0, 1], 0).into(),
                data: None,
                defects: vec![],
                patch_response: super::PatchResponse::default(),
                strict_rfc: false,
            }
        }
    }
    #[derive(Debug, thiserror::Error)]
    #[error("x")]
    pub struct StartError;
    pub struct Running;
    pub struct Bootstrap {
        pub scim_base_url: String,
        pub scim_token: String,
        pub organization_id: String,
        pub connection_id: String,
    }
    impl Running {
        pub fn api_base_url(&self) -> String {
            String::new()
        }
        pub fn project_id(&self) -> &str {
            ""
        }
        pub fn project_secret(&self) -> &str {
            ""
        }
        pub async fn shutdown(self) {}
        pub async fn bootstrap(&self) -> Result<Bootstrap, StartError> {
            Err(StartError)
        }
    }
    pub async fn start(_: Options) -> Result<Running, StartError> {
        Err(StartError)
    }
}
pub use stub::*;
