"""Problems: what is trained: the samples, the network, its first weights and its loss."""
