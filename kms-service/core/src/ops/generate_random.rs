//! GenerateRandom: random bytes under no key.

use envelope::Plaintext;
use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::{
    Kms,
    audit::Operation,
    authorize::{authorize_account, may},
    error::{KmsError, Rule},
    limits::NUMBER_OF_BYTES_MAX,
};

/// How much randomness.
#[derive(Clone, Copy, Debug, Default, Decode)]
#[shape(later("CustomKeyStoreId", "Recipient"))]
pub struct GenerateRandom {
    /// 1 to 1024. There is no default.
    pub number_of_bytes: Option<i32>,
}

impl GenerateRandom {
    fn length(self) -> Result<usize, KmsError> {
        let number = self.number_of_bytes.ok_or(KmsError::Rule(Rule::NumberOfBytesRequired))?;
        self.check()?;
        usize::try_from(number).map_err(|_| KmsError::Rule(Rule::NumberOfBytesRequired))
    }
}

impl Request for GenerateRandom {
    fn constraints(&self, violations: &mut Violations) {
        violations.range("numberOfBytes", self.number_of_bytes, 1..=NUMBER_OF_BYTES_MAX);
    }
}

impl Kms {
    /// Makes random bytes.
    ///
    /// # Errors
    /// A size out of range, or no `kms:GenerateRandom`.
    pub async fn generate_random(
        &self,
        caller: &Caller,
        request: GenerateRandom,
    ) -> Result<Plaintext, KmsError> {
        self.read(caller, Operation::GenerateRandom, |view, _| {
            let length = request.length()?;
            let _authorized = authorize_account::<may::GenerateRandom>(caller, "*")?;
            Ok(Plaintext::generate(length, view.entropy()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[tokio::test]
    async fn the_size_is_needed_and_bounded() {
        let world = World::new().await;
        let made = async |number_of_bytes| {
            world.kms.generate_random(&root(), GenerateRandom { number_of_bytes }).await
        };
        for number in [1, 16, 1024] {
            assert_eq!(made(Some(number)).await.unwrap().len(), usize::try_from(number).unwrap());
        }
        assert_eq!(refusal(made(None).await).1, "NumberOfBytes is required.");
        assert_eq!(
            refusal(made(Some(0)).await).1,
            "1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have \
             value greater than or equal to 1"
        );
        assert!(refusal(made(Some(1025)).await).1.ends_with("less than or equal to 1024"));
        assert!(made(Some(32)).await.unwrap().expose() != made(Some(32)).await.unwrap().expose());
    }
}
