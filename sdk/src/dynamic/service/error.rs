use crate::dynamic::{OpenError, PublishError};
use crate::error_debug::debug_is_display;
use crate::schema::InvalidValue;
use crate::service::{CallError, ServeError};
use crate::subscriber::RecvError;

/// Why a call without a type cannot be made, or has no further item.
///
/// # Examples
///
/// ```
/// use slotcast::dynamic::{Client, ClientError};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let error = Client::new("squares", &domain).unwrap_err();
/// assert!(matches!(error, ClientError::Call(slotcast::CallError::NoServer { .. })));
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// As for clients with types.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The client cannot be created.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The request is not one of the service's type.
    #[error(transparent)]
    Request(#[from] PublishError),
    /// An item is not a value of its type.
    #[error("service \"{service}\": an item of the response is not valid: {reason}")]
    Invalid {
        /// The service.
        service: String,
        /// What is not valid.
        reason: InvalidValue,
    },
}

debug_is_display!(ClientError { Call(error), Open(error), Request(error), Invalid { service, reason } });

impl From<RecvError> for ClientError {
    fn from(error: RecvError) -> Self {
        CallError::from(error).into()
    }
}

/// Why a server without a type cannot receive calls, or cannot respond.
///
/// # Examples
///
/// ```
/// use slotcast::dynamic::{Layout, Server, ServerError, Value};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let layout = Layout::of::<u8>()?;
/// let mut server = Server::builder("squares", &layout, &layout).domain(&domain).create()?;
/// # let client = slotcast::Client::<u8, u8>::builder("squares").domain(&domain).create()?;
/// # let pending = client.call(&20)?;
/// let call = server.next()?;
/// match call.send(&Value::Int(400)) {
///     Err(ServerError::Response(error)) => println!("{error}"), // 400 does not fit
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// As for servers with types.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The item is not one of the service's type.
    #[error(transparent)]
    Response(#[from] PublishError),
}

debug_is_display!(ServerError { Serve(error), Response(error) });
