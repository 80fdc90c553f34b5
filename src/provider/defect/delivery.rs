//! What may be wrong with the delivery of webhooks.

/// How the delivery worker prepares and repeats a request. The default is the right way; a defect is another value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryTampering {
    /// Whether requests carry a signature header. The id and timestamp headers stay.
    pub sign: bool,
    /// How many times one delivery is sent when it succeeds. One is right.
    pub copies: u32,
}

impl Default for DeliveryTampering {
    fn default() -> DeliveryTampering {
        DeliveryTampering { sign: true, copies: 1 }
    }
}
