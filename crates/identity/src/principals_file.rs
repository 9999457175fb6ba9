//! Reads the principals file. Its form is documented at [`Directory::load`], its only caller.

use crate::{
    AccessKeyId, CertificateSan, Credential, Directory, DirectoryError, PolicyDocument, Principal,
    PrincipalArn, SecretKey, ServiceName, credential::line_of, private_file,
};
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrincipalsFile {
    #[serde(default)]
    principal: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    arn: PrincipalArn,
    access_key_id: Option<AccessKeyId>,
    secret_access_key: Option<SecretKey>,
    certificate_san: Option<CertificateSan>,
    policy: Option<String>,
    policy_file: Option<PathBuf>,
    service: Option<ServiceName>,
}

pub(crate) fn load(path: &Path) -> Result<Directory, DirectoryError> {
    let text = private_file::read_secret(path)?;
    let file: PrincipalsFile = toml::from_str(&text).map_err(|error| DirectoryError::Malformed {
        path: path.to_owned(),
        line: line_of(&text, &error),
        message: error.message().to_owned(),
    })?;
    if file.principal.is_empty() {
        return Err(DirectoryError::Nobody(path.to_owned()));
    }
    let mut directory = Directory::nobody()?;
    for mut entry in file.principal {
        let san = entry.certificate_san.take();
        let (principal, credential) = entry.into_principal(path.parent().unwrap_or(Path::new("")))?;
        directory.add(principal, credential, san)?;
    }
    Ok(directory)
}

impl Entry {
    fn into_principal(mut self, base: &Path) -> Result<(Principal, Option<Credential>), DirectoryError> {
        let credential = self.take_credential()?;
        let policy = self.policy(base)?;
        if self.arn.is_root() && (policy.is_some() || self.service.is_some()) {
            return Err(self.contradiction("the account root has neither a policy nor a service"));
        }
        let policy = policy.unwrap_or_default();
        let principal = match self.service {
            Some(service) => Principal::service(self.arn, service, policy),
            None => Principal::user(self.arn, policy),
        };
        Ok((principal, credential))
    }

    fn take_credential(&mut self) -> Result<Option<Credential>, DirectoryError> {
        match (self.access_key_id.take(), self.secret_access_key.take()) {
            (Some(access_key_id), Some(secret)) => Ok(Some(Credential { access_key_id, secret })),
            (None, None) => Ok(None),
            _ => Err(self.contradiction("access_key_id and secret_access_key belong together")),
        }
    }

    fn policy(&self, base: &Path) -> Result<Option<PolicyDocument>, DirectoryError> {
        let from_file;
        let json = match (&self.policy, &self.policy_file) {
            (None, None) => return Ok(None),
            (Some(json), None) => json.as_str(),
            (None, Some(file)) => {
                from_file = private_file::read_rules(&base.join(file))
                    .map_err(|source| DirectoryError::PolicyFile { arn: self.arn.clone(), source })?;
                from_file.as_str()
            }
            (Some(_), Some(_)) => return Err(self.contradiction("policy and policy_file exclude each other")),
        };
        let parsed = PolicyDocument::parse(json);
        parsed.map(Some).map_err(|source| DirectoryError::Policy { arn: self.arn.clone(), source })
    }

    fn contradiction(&self, problem: &'static str) -> DirectoryError {
        DirectoryError::Contradiction { arn: self.arn.clone(), problem }
    }
}
