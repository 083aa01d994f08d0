//! The places of companies, whose addresses may name a person.

use crate::address::Address;
use crm::companies::{self, members, sites};
use crm::{CustomerId, customers};
use kernel::clock::Time;
use kernel::{Conn, Result};

/// Takes somebody's name and phone number out of the places of the companies that they are or were a member of. To be called while they
/// still have both.
pub(super) fn forget(conn: &mut Conn, id: CustomerId, now: Time) -> Result<()> {
    let own = customers::get(conn, id)?;
    let (name, memberships) = (own.name.to_lowercase(), companies::every(conn, id)?);
    for member in members::named(conn, &memberships)? {
        for site in companies::sites(conn, member.company)? {
            // What is no address names nobody, and must not keep anybody from being erased.
            let Ok(mut address) = Address::stored(&site.address) else { continue };
            let named = !name.is_empty() && address.name.to_lowercase() == name;
            if !named && (own.phone.is_empty() || address.phone != own.phone) {
                continue;
            }
            if named {
                address.name.clear();
            }
            address.phone.clear();
            let wish = sites::Wish {
                name: site.name,
                address: kernel::json::text(&address)?,
                parent: site.parent_id,
                billing: site.billing,
                active: site.active,
            };
            sites::change(conn, member.company, site.id, &wish, "", now)?;
        }
    }
    Ok(())
}
