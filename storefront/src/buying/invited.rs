//! Accepting an invitation into a company: it is for whoever has the address that it was sent to, and for nobody else who has the link.

use crate::logins::{self, Purpose};
use crm::companies::invitations::{self, Invited};
use crm::customers::{self, NewCustomer};
use crm::email::Email;
use crm::{CustomerId, MemberId, identities};
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// The message keys of what hinders somebody: an invitation to another address, and one to an address that has an account already.
pub const OTHER_ADDRESS: &str = "company-invited-other";
pub const HAS_ACCOUNT: &str = "company-invited-account";

fn found(conn: &mut Conn, token: &str, now: Time) -> Result<Invited> {
    invitations::find(conn, token, now)?.ok_or_else(|| Error::conflict("company-invitation-over"))
}

/// Whether the invited address is proven to be this customer's, by a login of theirs or of somebody who was merged into them.
pub fn is_for(conn: &mut Conn, invited: &Invited, customer: CustomerId) -> Result<bool> {
    let address = Email::parse(&invited.email, "email")?;
    let Some(owner) = identities::by_address(conn, &address)? else { return Ok(false) };
    Ok(identities::standing(conn, owner.id)? == customer && logins::verified(conn, owner.id)?)
}

/// Makes a customer a member by the link of an invitation that is for them. `Conflict` for anybody else's.
pub fn accept(conn: &mut Conn, token: &str, customer: CustomerId, now: Time) -> Result<MemberId> {
    let invited = found(conn, token, now)?;
    if !is_for(conn, &invited, customer)? {
        return Err(Error::conflict(OTHER_ADDRESS));
    }
    invitations::accept(conn, token, customer, now)
}

/// Makes an account for the invited address, and its owner a member; answers the login. The link came by mail, so that whoever has it has proven
/// the address. `Conflict` when there is an account: its owner signs in.
pub fn register(conn: &mut Conn, token: &str, name: &str, hash: &str, language: &str, now: Time) -> Result<CustomerId> {
    let invited = found(conn, token, now)?;
    let email = Email::parse(&invited.email, "email")?;
    let new = NewCustomer { email: email.clone(), name: name.to_string(), phone: String::new(), language: language.to_string() };
    customers::ensure(conn, &new, now)?;
    // The login belongs to the address, also when staff merged its customer into another.
    let login = identities::by_address(conn, &email)?.ok_or(Error::NotFound)?.id;
    if logins::verified(conn, login)? {
        return Err(Error::conflict(HAS_ACCOUNT));
    }
    // Until the address is proven, the last who registered it and can read its mails has the say.
    if !logins::register(conn, login, hash, now)? {
        logins::set_password(conn, login, hash)?;
    }
    let proof = logins::issue_token(conn, login, Purpose::Verify, now)?;
    logins::use_token(conn, &proof, Purpose::Verify, now)?;
    let customer = identities::standing(conn, login)?;
    invitations::accept(conn, token, customer, now)?;
    Ok(login)
}
