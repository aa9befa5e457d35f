//! Wallets that are contracts, behind a port.

use std::error::Error;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chatcore::account::wallet::{Address, personal_hash};
use chatcore_server::auth::{ContractWallets, Wallets};

use super::{Case, cases, outcome};

/// A chain with one contract, or none that answers.
#[derive(Clone)]
enum Chain {
    Contract { address: Address, signature: Vec<u8> },
    Broken,
    Silent,
    Counting(Arc<AtomicUsize>),
}

#[async_trait]
impl ContractWallets for Chain {
    async fn is_signed(
        &self,
        address: Address,
        chain_id: u64,
        hash: &[u8; 32],
        signature: &[u8],
    ) -> Result<bool, Box<dyn Error + Send + Sync>> {
        match self {
            Self::Contract { address: contract, signature: theirs } => {
                Ok(chain_id == 1 && address == *contract && signature == theirs && *hash == personal_hash("hello"))
            }
            Self::Broken => Err("the node is gone".into()),
            Self::Silent => pending().await,
            Self::Counting(asked) => {
                asked.fetch_add(1, Ordering::SeqCst);
                Ok(true)
            }
        }
    }
}

fn claim(signature: &str) -> Case {
    let address = Address::from_bytes([7; 20]);
    let (name, text, outcome) = (String::new(), "hello".to_owned(), String::new());
    Case { name, text, address, signature: signature.to_owned(), outcome }
}

pub(super) fn asked() {
    let chain = Chain::Contract { address: Address::from_bytes([7; 20]), signature: vec![1, 2, 3] };
    let wallets = Wallets::with_contracts(chain);
    assert_eq!(outcome(&claim("0x010203").judged_by(&wallets)), "contract");
    assert_eq!(outcome(&claim("0x010204").judged_by(&wallets)), "mismatch");
    assert_eq!(outcome(&claim("0x01020").judged_by(&wallets)), "malformed");
    let elsewhere = Case { address: Address::from_bytes([8; 20]), ..claim("0x010203") };
    assert_eq!(outcome(&elsewhere.judged_by(&wallets)), "mismatch");
    assert_eq!(outcome(&claim("0x010203").judged_by(&Wallets::default())), "malformed", "nobody is asked by default");
}

pub(super) fn keys_first() {
    let asked = Arc::new(AtomicUsize::new(0));
    let wallets = Wallets::with_contracts(Chain::Counting(asked.clone()));
    for case in cases().iter().filter(|case| case.outcome == "key").take(3) {
        assert_eq!(outcome(&case.judged_by(&wallets)), "key");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    let other = cases().into_iter().find(|case| case.name == "the signature of somebody else").unwrap();
    assert_eq!(outcome(&other.judged_by(&wallets)), "contract", "65 bytes may be a contract's, too");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

pub(super) fn closed() {
    assert_eq!(outcome(&claim("0x010203").judged_by(&Wallets::with_contracts(Chain::Broken))), "unavailable");
    let silent = Wallets::with_contracts(Chain::Silent).patience(Duration::ZERO);
    assert_eq!(outcome(&claim("0x010203").judged_by(&silent)), "unavailable");
}
