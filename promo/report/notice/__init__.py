"""What do the rules of a campaign say, in the words of an official notice?"""
