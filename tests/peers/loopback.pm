# SPDX-License-Identifier: Apache-2.0
# loopback.pm - for LWP each https server is on this machine, whatever its name
#
# By PERL5OPT=-Mloopback: the names of a test's sites are in no name service.
# Certificates are checked against the name all the same.
package loopback;

use strict;
use warnings;
use LWP::Protocol::https;

my $options = \&LWP::Protocol::https::_extra_sock_opts;

{
	no warnings 'redefine';
	*LWP::Protocol::https::_extra_sock_opts = sub {
		my ($self, $host) = @_;
		return (
			$options->(@_),
			PeerAddr            => '127.0.0.1',
			SSL_hostname        => $host,
			SSL_verifycn_name   => $host,
			SSL_verifycn_scheme => 'http',
		);
	};
}

1;
